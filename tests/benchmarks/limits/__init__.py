"""What stands beside the service: nothing quicker can be expected of it."""
