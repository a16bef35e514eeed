//! The mock users, orders, products and auth services.
