import { type CustomDecorator, SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = 'herald:public';

/** Opens a route, or a whole controller, to requests without a token. */
export const Public = (): CustomDecorator => SetMetadata(IS_PUBLIC, true);
