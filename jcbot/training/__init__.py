"""Free training (免费培训): bodies, classes, seats and the line for them."""
