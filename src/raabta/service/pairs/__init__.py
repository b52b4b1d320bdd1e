"""What two places get from each other over a constellation: delay, how steady it is, outages and why."""
