"""Announcements (群发通知): a draft, an audience, approval, recipients put into the outbox once."""
