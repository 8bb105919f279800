"""The yardstick: plain Channels. Each consumer adds itself to a group of Redis' pub/sub layer; nothing is asked, loaded or rendered."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
pages = get_asgi_application()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [settings.REDIS_URL]}}}


class Listener(AsyncWebsocketConsumer):
    """A member of one group."""

    async def connect(self) -> None:
        self.group = self.scope["url_route"]["kwargs"]["group"]
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        await self.send('{"type":"snapshot","things":{}}')

    async def disconnect(self, code) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def told(self, event) -> None:
        await self.send(event["text"])


application = ProtocolTypeRouter({"http": pages, "websocket": URLRouter([path("ws/<str:group>/", Listener.as_asgi())])})
