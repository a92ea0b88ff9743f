"""The doors (bot): everything that speaks HTTP, WeChat or terminal."""
