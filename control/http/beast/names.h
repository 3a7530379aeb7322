// Short names for Boost's. Included by server.cc only, like everything in this folder: it is the
// one translation unit that sees Boost.Beast.
#pragma once

#include <chrono>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/core/string.hpp>

namespace boost::beast::http {}
namespace boost::beast::websocket {}

namespace opptak::control::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
namespace websocket = boost::beast::websocket;

using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;
// A concrete type wherever Boost would take any executor: it compiles much faster.
using Strand = asio::strand<asio::io_context::executor_type>;
using TcpSocket = asio::basic_stream_socket<tcp, Strand>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Strand>;

}  // namespace opptak::control::http
