"""The kinds of feed there are, one file each."""
