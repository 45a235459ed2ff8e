"""What tests share that is not a fixture: clip makers and a real RTSP server."""
