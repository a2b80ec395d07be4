"""Files that nobody should send, made by the tests themselves."""
