// One message to a local datagram socket: how systemd is told of a service. Node.js has stream sockets only.
#pragma once

#include "js/napi.h"

// JavaScript: sendDatagram(socket's path, or "@name" of an abstract one, message) -> errno, or 0. Never waits: EAGAIN
// when the receiver's queue is full.
Napi::Value SendDatagram(const Napi::CallbackInfo& info);
