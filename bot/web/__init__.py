"""The pages behind details_url: server-rendered, without scripts."""
