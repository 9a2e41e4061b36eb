import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';

/** Names this process among all nodes. A restarted process is a new node. */
@Injectable()
export class NodeName {
  /** Safe in Redis keys and hash tags. */
  readonly text = `${hostname().replace(/[^\w.-]/g, '-')}-${process.pid}-${randomBytes(4).toString('hex')}`;
}
