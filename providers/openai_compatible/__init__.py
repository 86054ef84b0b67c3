"""Every vendor that speaks OpenAI's protocol, at any base URL: requests and answers pass as bytes."""
