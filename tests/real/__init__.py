"""Tests with the real thing on the other side: a WordPress, a browser."""
