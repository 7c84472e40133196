"""Commands about what a study is made of."""
