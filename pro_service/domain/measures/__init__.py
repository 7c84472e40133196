"""What clinic and imaging measure: definitions as data, and the values of them."""
