"""Feature distances (FID) and segmentation scores."""
