//! What filters say to each other and to clients: heads, replies, the one error shape.
