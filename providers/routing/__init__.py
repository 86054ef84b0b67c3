"""Which vendor a call goes to first, and what is known of each: circuits, rests of keys, speeds, conversations."""
