/** A client in a process of its own, which a test can freeze. Prints a line for each message, and one for the close. */
import { WebSocket } from 'ws';

const [url, token] = process.argv.slice(2);
const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
socket.on('message', (data) => console.log(data.toString()));
socket.on('error', () => undefined);
socket.on('close', (code) => console.log(`closed ${code}`));
