"""What calls come to, counted."""
