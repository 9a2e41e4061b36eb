import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, ExternalContextCreator } from '@nestjs/core';
import { GATEWAY_METADATA, GATEWAY_OPTIONS, MESSAGE_MAPPING_METADATA } from '@nestjs/websockets/constants.js';
import { Channel } from '../broker/channel.js';
import type { Admission, Admitted } from '../connection/admission.js';
import { Connections } from '../connection/connections.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import type { Handshake, RealtimeGateway } from './handshake.js';
import { Route } from './route.js';

/** A gateway with its guards. */
export interface GuardedGateway {
  /** Runs the guards, then the gateway itself. */
  admit: (handshake: Handshake) => Promise<Admitted>;
}

/** Where a gateway is, with `:name` for parameters, what it is called, and the kinds of channels that it names. */
export interface GatewayRoute {
  name: string;
  path: string;
  kinds: readonly string[];
}

export interface RoutedGateway {
  gateway: GuardedGateway;
  params: Record<string, string>;
}

/**
 * Finds the gateways of the application and puts their guards in front of them.
 *
 * Nest runs guards for messages, never for connections: a gateway with `@UseGuards` alone would be open to everyone.
 * Here the guards (including global ones) run before `admit`, with full injection and a `ws` execution context.
 */
@Injectable()
export class GatewayRegistry implements OnModuleInit {
  private readonly routes: { route: Route; gateway: GuardedGateway; kinds: readonly string[] }[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly contexts: ExternalContextCreator,
    private readonly connections: Connections,
    private readonly metrics: RealtimeMetrics,
  ) {}

  onModuleInit(): void {
    for (const { instance, metatype } of this.discovery.getProviders()) {
      if (typeof metatype === 'function' && Reflect.hasMetadata(GATEWAY_METADATA, metatype)) {
        this.register(metatype.name, instance as unknown, Reflect.getMetadata(GATEWAY_OPTIONS, metatype) as unknown);
      }
    }
    this.metrics.gaugeBy('endpoint', 'herald_connections', 'Connections of this process', () => this.count());
  }

  list(): GatewayRoute[] {
    return this.routes.map(({ route: { name, path }, kinds }) => ({ name, path, kinds }));
  }

  /** The gateway for a path; null if there is none. */
  match(path: string): RoutedGateway | null {
    for (const { route, gateway } of this.routes) {
      const params = route.match(path);
      if (params !== null) return { gateway, params };
    }
    return null;
  }

  private count(): Record<string, number> {
    const counts = new Map(this.routes.map(({ route }) => [route.name, 0]));
    for (const { admission } of this.connections.all()) {
      counts.set(admission.endpoint, (counts.get(admission.endpoint) ?? 0) + 1);
    }
    return Object.fromEntries(counts);
  }

  private register(name: string, gateway: unknown, gatewayOptions: unknown): void {
    const path = (gatewayOptions as { path?: unknown } | undefined)?.path;
    if (typeof path !== 'string') {
      throw new Error(`${name}: @WebSocketGateway takes { path: '/ws/…' }, got ${JSON.stringify(gatewayOptions)}`);
    }
    if (!isRealtimeGateway(gateway)) {
      throw new Error(`${name}: a gateway must have a method admit(handshake): implement RealtimeGateway`);
    }
    if (hasMessageHandler(gateway)) {
      throw new Error(`${name}: @SubscribeMessage has no effect here, clients publish over REST; remove it`);
    }
    const options = { guards: true, interceptors: false, filters: false };
    // Nest calls the method on the instance, and looks up its guards by it.
    // eslint-disable-next-line @typescript-eslint/unbound-method
    const admit = gateway.admit as (...args: unknown[]) => unknown;
    const guarded = this.contexts.create(
      gateway,
      admit,
      'admit',
      undefined,
      undefined,
      undefined,
      undefined,
      options,
      'ws',
    );
    const route = new Route(path);
    const endpoint = route.name;
    const clash = this.routes.find((each) => each.route.name === endpoint);
    if (clash !== undefined) {
      throw new Error(`${name}: ${path} has the same name as ${clash.route.path}, ${endpoint}: choose another path`);
    }
    const admitted = async (handshake: Handshake): Promise<Admitted> => {
      const admission = (await guarded(handshake)) as Admission | undefined;
      if (admission?.channel instanceof Channel) return { ...admission, alsoReceives: othersOf(admission), endpoint };
      throw new TypeError(`${name}.admit: takes an object with a channel, got ${typeof admission}`);
    };
    const kinds = (gateway.kinds ?? []).map(({ kind }) => kind);
    this.routes.push({ route, gateway: { admit: admitted }, kinds });
  }
}

/** Each once, as a channel that is named twice would be received twice. */
function othersOf({ channel, alsoReceives = [] }: Admission): Channel[] {
  const byName = new Map(alsoReceives.map((each) => [each.name, each]));
  byName.delete(channel.name);
  return [...byName.values()];
}

function isRealtimeGateway(value: unknown): value is RealtimeGateway {
  return typeof (value as { admit?: unknown } | null)?.admit === 'function';
}

function hasMessageHandler(gateway: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(gateway);
  const methods = Object.values(Object.getOwnPropertyDescriptors(prototype)).map(
    (property) => property.value as unknown,
  );
  return methods.some(
    (method) => typeof method === 'function' && Reflect.hasMetadata(MESSAGE_MAPPING_METADATA, method),
  );
}
