import type { StartedTestContainer } from 'testcontainers';
import { freePort } from './free-port.js';
import type { Server } from './server.js';

export interface ContainerOptions {
  image: string;
  command: string[];
  environment?: Record<string, string>;
  /** The port inside the container. */
  port: number;
}

/** Whether a container engine answers. */
export async function hasContainerEngine(): Promise<boolean> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
}

/** Runs a server in a container; testcontainers' reaper removes it when the test run ends for any reason. */
export class ContainerServer implements Server {
  private constructor(
    private readonly container: StartedTestContainer,
    readonly host: string,
    readonly port: number,
  ) {}

  static async launch(options: ContainerOptions): Promise<ContainerServer> {
    const { GenericContainer, Wait } = await import('testcontainers');
    // A fixed port, because one chosen by the engine would change after a restart.
    const port = await freePort();
    const container = await new GenericContainer(options.image)
      .withCommand(options.command)
      .withEnvironment(options.environment ?? {})
      .withExposedPorts({ container: options.port, host: port })
      .withWaitStrategy(Wait.forListeningPorts())
      .start();
    return new ContainerServer(container, container.getHost(), port);
  }

  async kill(): Promise<void> {
    const engine = await this.engine();
    await engine.kill();
  }

  async start(): Promise<void> {
    await this.container.restart();
  }

  async pause(): Promise<void> {
    const engine = await this.engine();
    await engine.pause();
  }

  async resume(): Promise<void> {
    const engine = await this.engine();
    await engine.unpause();
  }

  async stop(): Promise<void> {
    const engine = await this.engine();
    await engine.remove({ force: true, v: true });
  }

  /** The engine's handle of the container, which supports more than testcontainers'. */
  private async engine() {
    const { getContainerRuntimeClient } = await import('testcontainers');
    const client = await getContainerRuntimeClient();
    return client.container.getById(this.container.getId());
  }
}
