import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';

/** How this process is called among all nodes. A process that starts again is another node. */
@Injectable()
export class NodeName {
  /** Safe in Redis keys and hash tags. */
  readonly text = `${hostname().replace(/[^\w.-]/g, '-')}-${process.pid}-${randomBytes(4).toString('hex')}`;
}
