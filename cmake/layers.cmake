# kpi_layer(NAME FOLDER [DEPENDS layers…] [LINK libraries…] [EXCLUDE files…])
#   The library kpi_NAME of every .cpp in FOLDER and below; new files need no change here. A folder without a .cpp gives
#   a library of headers only.
function(kpi_layer name folder)
  cmake_parse_arguments(layer "" "" "DEPENDS;LINK;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  foreach(file IN LISTS layer_EXCLUDE)
    list(REMOVE_ITEM sources ${PROJECT_SOURCE_DIR}/${folder}/${file})
  endforeach()
  set(depends kpi_options ${layer_LINK})
  foreach(other IN LISTS layer_DEPENDS)
    list(APPEND depends kpi_${other})
  endforeach()
  if(sources OR name STREQUAL driver) # the driver always has the embedded standard library
    add_library(kpi_${name} STATIC ${sources})
    target_link_libraries(kpi_${name} PUBLIC ${depends})
  else()
    add_library(kpi_${name} INTERFACE)
    target_link_libraries(kpi_${name} INTERFACE ${depends})
  endif()
  set_property(GLOBAL APPEND PROPERTY KPI_LAYERS kpi_${name})
endfunction()

# kpi_embed(NAME FOLDER PREFIX FUNCTION patterns…): puts the files below FOLDER that match a pattern into the driver as
# text; see interpreter/driver/embedded_files.hpp.
function(kpi_embed name folder prefix function)
  set(patterns ${ARGN})
  list(TRANSFORM patterns PREPEND ${PROJECT_SOURCE_DIR}/${folder}/)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${patterns})
  list(SORT files)
  set(output ${PROJECT_BINARY_DIR}/generated/${name}.cpp)
  set(list ${PROJECT_BINARY_DIR}/generated/${name}.txt)
  string(REPLACE ";" "\n" lines "${files}")
  file(CONFIGURE OUTPUT ${list} CONTENT "${lines}\n" @ONLY) # changes only when a file comes or goes
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DLIST=${list} -DROOT=${PROJECT_SOURCE_DIR}/${folder} -DPREFIX=${prefix}
            -DFUNCTION=${function} -DOUTPUT=${output} -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${files} ${list} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    COMMENT "Embedding ${folder}"
    VERBATIM)
  target_sources(kpi_driver PRIVATE ${output})
endfunction()

# kpi_executable(NAME MAIN): a program over all layers, once its main file exists.
function(kpi_executable name main)
  file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${main})
  if(found)
    get_property(layers GLOBAL PROPERTY KPI_LAYERS)
    add_executable(${name} ${found})
    target_link_libraries(${name} PRIVATE ${layers})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  endif()
endfunction()
