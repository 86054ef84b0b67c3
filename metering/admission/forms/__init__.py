"""What metering reads and changes of a request in each wire protocol."""
