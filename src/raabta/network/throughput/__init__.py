"""What a whole constellation carries, against the number of ground stations that feed it."""
