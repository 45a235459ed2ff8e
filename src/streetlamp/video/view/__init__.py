"""What a camera's picture is like, in numbers: nothing that shows anybody leaves here."""
