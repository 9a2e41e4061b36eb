/** A client in a process of its own, which a test can stop. Writes a line for each frame, and one when it is closed. */
import { WebSocket } from 'ws';

const [url, token] = process.argv.slice(2);
const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
socket.on('message', (data) => console.log(data.toString()));
socket.on('error', () => undefined);
socket.on('close', (code) => console.log(`closed ${code}`));
