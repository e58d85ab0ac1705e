"""Playing video files: a thread that decodes, and what crosses between it and the window."""
