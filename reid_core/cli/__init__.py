"""The command line: each file parses one command, calls an action and prints."""
