import type {} from '@fastify/swagger'
