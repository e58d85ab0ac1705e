"""What a search leaves behind: a table, a page, clips."""
