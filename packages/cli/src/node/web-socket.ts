import { WebSocket } from 'ws';

/** libp2p dials WebSockets with the global one, which Node has from version 22 on. */
export function provideWebSocket(): void {
  if ('WebSocket' in globalThis) return;
  Object.defineProperty(globalThis, 'WebSocket', { value: WebSocket, configurable: true, writable: true });
}
