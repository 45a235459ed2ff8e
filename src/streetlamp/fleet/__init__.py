"""Is every camera seeing, and is what it sees what it should see? Health, serviceability, ONVIF."""
