import { Injectable, NotFoundException, type PipeTransform } from '@nestjs/common';
import { isUserId } from '../realtime/support/user-id.js';

/** The user id in a path; an impossible one is 404. */
@Injectable()
export class ParseUserIdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!isUserId(value)) throw new NotFoundException('There is no such user.');
    return value;
  }
}
