"""What the ground looks like, on any body: heights, slopes, horizons and light."""
