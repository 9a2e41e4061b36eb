import { Injectable, NotFoundException, type PipeTransform } from '@nestjs/common';
import { validate as isUuid } from 'uuid';

/** Accepts a UUID in a path in any letter case, and returns it in lower case. Nothing can have a malformed id, so that is 404. */
@Injectable()
export class ParseUuidPipe implements PipeTransform<unknown, string> {
  transform(value: unknown): string {
    if (typeof value === 'string' && isUuid(value)) return value.toLowerCase();
    throw new NotFoundException('There is nothing with this id.');
  }
}
