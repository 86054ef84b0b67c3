"""How Django writes dates and times where no page of ours does (FORMAT_MODULE_PATH)."""
