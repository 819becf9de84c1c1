"""The WebSocket clients that hear of every new task."""

from fastapi import WebSocket, WebSocketDisconnect


class Listeners:
    def __init__(self) -> None:
        self._sockets: set[WebSocket] = set()

    async def serve(self, socket: WebSocket) -> None:
        await socket.accept()
        self._sockets.add(socket)
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            pass
        finally:
            self._sockets.discard(socket)

    async def tell(self, message: dict[str, object]) -> None:
        for socket in list(self._sockets):
            try:
                await socket.send_json(message)
            except (RuntimeError, WebSocketDisconnect):
                self._sockets.discard(socket)
