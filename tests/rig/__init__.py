"""The whole service over a real cluster, broken at random; what it promised is counted outside."""
