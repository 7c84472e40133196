"""`/desk/measures`: what clinic and imaging measured, and the reads of images."""
