"""What can go wrong with calls and chats, the same cases for both."""
