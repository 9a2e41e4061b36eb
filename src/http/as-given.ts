import { Transform } from 'class-transformer';

/**
 * Keeps a free-form property as the sender wrote it; class-transformer would drop fields that are called like a method of
 * every object, such as `valueOf`.
 */
export function AsGiven(): PropertyDecorator {
  return Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key]);
}
