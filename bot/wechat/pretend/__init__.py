"""A pretend WeChat API (模拟微信接口) for tests, rehearsals and the demo.

In a test: `async with pretending(rules) as pretend` (bot/wechat/pretend/world.py). As a process of
its own that outlives the product: `python -m bot.wechat.pretend --port 8090`. It shares no code
with the client it answers, so that each checks the other.
"""
