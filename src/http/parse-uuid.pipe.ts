import { Injectable, NotFoundException, type PipeTransform } from '@nestjs/common';
import { validate as isUuid } from 'uuid';

/** Takes a UUID of a path in any letter case and gives it in lower case. Nothing can have a malformed id: 404. */
@Injectable()
export class ParseUuidPipe implements PipeTransform<unknown, string> {
  transform(value: unknown): string {
    if (typeof value === 'string' && isUuid(value)) return value.toLowerCase();
    throw new NotFoundException('There is nothing with this id.');
  }
}
