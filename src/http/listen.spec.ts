import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect, it } from '@jest/globals';
import { EnvironmentError } from '../config/environment.js';
import { listen } from './listen.js';

@Module({})
class Nothing {}

it('names HOST and PORT when the address is not one of this machine', async () => {
  const app = await NestFactory.create(Nothing, { logger: false });
  const listening = listen(app, { host: '203.0.113.9', port: 0 });
  await expect(listening).rejects.toThrow(EnvironmentError);
  await expect(listening).rejects.toThrow('HOST, PORT: got "203.0.113.9" and "0", takes an address of this machine');
  await app.close();
});
