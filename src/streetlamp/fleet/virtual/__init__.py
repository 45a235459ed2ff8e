"""Virtual cameras: a clip served over RTSP as a camera would, with drills of what goes wrong."""
