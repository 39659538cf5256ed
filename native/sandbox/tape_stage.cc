#include "tape_stage.h"

#include <cerrno>
#include <exception>
#include <memory>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "XrdOuc/XrdOucErrInfo.hh"
#include "XrdOuc/XrdOucTList.hh"
#include "XrdSfs/XrdSfsInterface.hh"
#include "robot_call.h"

namespace tape {

namespace {

// The places in a list that the robot names, as text: "0 3 7".
std::set<std::size_t> placesOf(const std::string& answer) {
  std::istringstream words(answer);
  std::set<std::size_t> places;
  for (std::size_t place; words >> place;) places.insert(place);
  return places;
}

// Those of a list that aren't left out. It owns its elements.
class Shortened {
 public:
  Shortened(const XrdOucTList* list, const std::set<std::size_t>& leftOut) {
    std::size_t place = 0;
    for (; list != nullptr; list = list->next) {
      if (leftOut.count(place++) > 0) continue;
      elements_.push_back(std::make_unique<XrdOucTList>(list->text));
      if (elements_.size() > 1) elements_[elements_.size() - 2]->next = elements_.back().get();
    }
  }
  XrdOucTList* first() const { return elements_.empty() ? nullptr : elements_.front().get(); }

 private:
  std::vector<std::unique_ptr<XrdOucTList>> elements_;
};

}  // namespace

TapeStage::TapeStage(XrdOfsPrepare& wrapped, std::string robotSocket)
    : wrapped_(wrapped), robotSocket_(std::move(robotSocket)) {}

int TapeStage::begin(XrdSfsPrep& request, XrdOucErrInfo& error, const XrdSecEntity* client) {
  if ((request.opts & Prep_STAGE) == 0) return wrapped_.begin(request, error, client);
  std::vector<std::string> words = {"ask", "stage", request.reqid ? request.reqid : ""};
  for (XrdOucTList* path = request.paths; path != nullptr; path = path->next) words.emplace_back(path->text);
  std::set<std::size_t> refused;
  try {
    refused = placesOf(askRobot(robotSocket_, words));
  } catch (const std::exception& problem) {
    error.setErrInfo(EIO, problem.what());
    return SFS_ERROR;
  }
  if (refused.empty()) return wrapped_.begin(request, error, client);
  if (refused.size() == words.size() - 3) {
    std::string text = "Unable to prepare - reached maximum number of retrieve requests on file " + words[3];
    error.setErrInfo(EUSERS, text.c_str());
    return SFS_ERROR;
  }
  Shortened paths(request.paths, refused);
  Shortened info(request.oinfo, refused);
  XrdSfsPrep rest = request;
  rest.paths = paths.first();
  rest.oinfo = info.first();
  return wrapped_.begin(rest, error, client);
}

int TapeStage::cancel(XrdSfsPrep& request, XrdOucErrInfo& error, const XrdSecEntity* client) {
  return wrapped_.cancel(request, error, client);
}

int TapeStage::query(XrdSfsPrep& request, XrdOucErrInfo& error, const XrdSecEntity* client) {
  return wrapped_.query(request, error, client);
}

}  // namespace tape
