import { Injectable, NotFoundException, type PipeTransform } from '@nestjs/common';
import { isUserId } from '../auth/user-id.js';

/** The user id of a path; one that nobody can have is simply not found. */
@Injectable()
export class ParseUserIdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!isUserId(value)) throw new NotFoundException('There is no such user.');
    return value;
  }
}
