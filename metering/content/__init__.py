"""What calls said: found and replaced where it is private, kept where a rule asks for it, read by administrators."""
