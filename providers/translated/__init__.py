"""What vendors with protocols of their own share: OpenAI's shape on our side, an HTTP exchange on theirs."""
